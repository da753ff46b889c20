"""The checks: every cell judged against its contract (rules.md, 'Rows').

`words` says what a cell's text is, `cells` judges one cell, `columns` a whole column at once by judging each distinct odd
text, `keys` finds repeated keys, `delivery` puts a reading together into what lands.
"""
