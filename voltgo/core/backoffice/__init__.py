"""The parts from which every area builds its pages for operators: columns, fields, steps, the trail of a row."""
