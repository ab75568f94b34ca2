"""The flow log: one row for each flow, its bodies apart, written behind the traffic's back and kept within bounds.

    records.py      what is written, as values: the only module that the addons need besides the log itself
    log.py          the log: a bounded queue and one thread
    models.py       the tables; migrations.py their numbered steps, database.py the connection
    queries.py      what the admin reads
"""
