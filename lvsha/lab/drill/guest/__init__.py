"""Programs that run inside a drill's nodes; standard library only, one JSON a line."""
