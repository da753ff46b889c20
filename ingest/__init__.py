"""Ingestion: from a dropped file to an immutable delivery in the lake. The only room that ever sees personal data."""
