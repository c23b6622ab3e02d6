"""What only several data sets, or several budgets, can show: how stable an order is, and what changes with a dose."""
