"""Plain facts for the demo cities: places, vehicles, people and past demand, free of any framework."""
