"""The bus between patrol processes: visits are leased to those who look, and what came of them is carried back."""
