"""What a visitor without an account may do, read once per request.

Flask-AppBuilder reads the public role and each of its permissions from the metadata for every single question "may they?"; a
chart's query asks a dozen. Within one request the answer is the same.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from superset.security.manager import SupersetSecurityManager


class RightsReadOnce(SupersetSecurityManager):
    """Superset's own rights; only how often they are read differs."""

    def get_public_permissions(self) -> list[Any]:
        """The public role's permissions; outside a request they are read anew each time."""
        if not has_request_context():
            return super().get_public_permissions()
        if "public_permissions" not in g:
            g.public_permissions = list(super().get_public_permissions())
        return g.public_permissions

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Whether the public role holds this permission: as Flask-AppBuilder's, with the names looked up once."""
        if not has_request_context():
            return super().is_item_public(permission_name, view_name)
        if "public_names" not in g:
            g.public_names = {(held.permission.name, held.view_menu.name) for held in self.get_public_permissions()}
        return (permission_name, view_name) in g.public_names
