"""Booking: slots, walks, and the people who take part in them."""
