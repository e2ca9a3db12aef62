extension LocalDaytona {
    /// The credentials a client needs to reach this server; they are no different from those of a real deployment.
    public var credentials: DaytonaCredentials { DaytonaCredentials(apiKey: apiKey, apiURL: apiURL, target: target) }
}
