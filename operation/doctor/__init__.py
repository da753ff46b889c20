"""`pamga doctor`: whether this installation can work, part by part, and what to mend. It changes nothing."""

from operation.doctor.examination import as_document, examine
from operation.doctor.found import FAIL, OK, WARN, Check, Found
from operation.doctor.machine import clocks

__all__ = ["FAIL", "OK", "WARN", "Check", "Found", "as_document", "clocks", "examine"]
