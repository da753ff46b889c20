"""Personal data (rules.md, 'Personal data'): keys, pseudonyms, masks in free text, the vault of originals."""
