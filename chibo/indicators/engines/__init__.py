"""Engines that add up what lies in a folder as Parquet: DuckDB in one process, Spark on a cluster.

Not here: what is added up, which is `adding`, and where it goes, which is `rebuilding`.
"""
