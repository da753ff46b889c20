"""The documents in which the rooms meet, one model each: what is read from a file of another room is read through these.

docs/interfaces.md lists their fields, made from here (`python -m pamga.documents.page`).
"""
