"""The report of an evaluation: a folder with a page, pictures and every mistake."""
