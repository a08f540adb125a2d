"""Security: nobody comes in who was not declared."""
