"""Rules and numbers of city governance; no framework, no process, no network."""
