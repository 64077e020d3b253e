"""A simulator: parties with ledgers on disk, a network that cannot be relied on, and people."""
