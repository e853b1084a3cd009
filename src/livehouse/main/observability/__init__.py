"""What a node tells about itself: logs, metrics, health."""
