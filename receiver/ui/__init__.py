"""What people read: words on screens."""
