"""Programs that run in machines of Vagrant, started over ssh."""
