"""Who is written to, about what and when: the delivery calendar's reminders, notices to offices, the weekly list of agreements.

Everything is computed from the lake, the plan's deadlines and the settings; sending is a function that the caller gives.
"""
