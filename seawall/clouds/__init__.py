"""The cloud account, on AWS and on Google: one contract, two providers."""
