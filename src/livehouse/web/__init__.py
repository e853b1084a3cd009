"""The one inbound door: REST, WHIP, WHEP and the page."""
