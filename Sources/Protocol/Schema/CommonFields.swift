/// The fields that several requests share.
enum CommonFields {
    static let taskID = Field<String>.string("task_id", "The task's id in the dataset.")
    static let dataset = Field<String?>.optionalString("dataset", "The dataset; `default` if absent.")
}
