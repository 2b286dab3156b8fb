"""Is this real server well? One protocol a module."""
