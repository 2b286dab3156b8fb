"""The command lines, one command a module; nothing else prints."""
