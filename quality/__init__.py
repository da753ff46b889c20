"""Quality: Soda contracts, the publication gate, the delivery calendar and freshness. Changes no data."""
