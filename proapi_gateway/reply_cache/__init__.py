"""The cache of replies (`server.db_cache`): the same request again gets the last good reply, at once.

`cache.py` is what a flow asks, `caches.py` says which cache the settings want, `entries.py` holds what is stored,
`table_store.py` and `redis_store.py` store it, `listing.py` is what the admin reads.
"""
