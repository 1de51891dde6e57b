"""The phone: its server, its page, the pictures of its map."""
