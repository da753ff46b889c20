"""The ground floor: settings, folders, clock, storage, registry and the `pamga` command. Knows no room above it."""
