"""How the system is run: the four steps in one place, the local run, the servers of one machine, mail, Superset's scripts.

The DAGs (when things run) call what is here; what is here calls the rooms.
"""
