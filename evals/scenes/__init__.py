"""Scenes of responsibility (确权定责情景) whose truth is set by how they were put together, never by the rules."""
