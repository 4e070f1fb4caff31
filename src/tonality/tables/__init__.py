"""Tables of texts in: CSV, JSON Lines, Parquet, spreadsheets; of any size, with their bad rows.

:mod:`tonality.data` gives out what programs use of them.
"""
