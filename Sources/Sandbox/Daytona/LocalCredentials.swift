extension LocalDaytona {
    /// What a client needs to reach this server; they differ in nothing from those of a real deployment.
    public var credentials: DaytonaCredentials { DaytonaCredentials(apiKey: apiKey, apiURL: apiURL, target: target) }
}
