"""What must not be lost: made, stored elsewhere, and proven by a restore that is compared."""
