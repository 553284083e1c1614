"""The reader of tables: files of any encoding and tables in memory, one kind of view, each cell by its kind."""
