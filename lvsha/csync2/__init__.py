"""One configuration on all directors, by csync2: offered, validated, then active."""
