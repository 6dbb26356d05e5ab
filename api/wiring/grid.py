"""The city's grid, as the settings name it."""

from __future__ import annotations

from configs.loading import Configuration
from gridmap.grid import Grid
from gridmap.gridfile import read_grid


def open_grid(configuration: Configuration) -> Grid | None:
    """Return the grid, or None when the settings name none.

    Raises
    ------
    gridmap.errors.GridError
        When the file cannot be used.
    """
    grid = configuration.settings.grid
    if grid is None:
        return None
    cells = read_grid(configuration.path(grid.file), datum=grid.datum, id_field=grid.id_field)
    return Grid(cells, nearest_m=grid.nearest_m)
