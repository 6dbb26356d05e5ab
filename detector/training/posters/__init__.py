"""Made illegal ads: papers drawn, weathered and pasted onto real backgrounds, with boxes, as training pictures.

Hand-labelled ads are few. A drawn paper costs nothing and its box is exact, so the pictures made here teach what
paper on a wall looks like; real pictures alone judge the model.
"""
