"""How long what belongs to a person's papers is kept: every period in one place.

Counted in days from the last step of a paper (rejected, replaced, revoked, expired) or, for what is approved, from
the end of the last rental. A rental under way and a dispute stop the clock; see `accounts.kyc.needs`.
"""

# Photographs of a version that was rejected, replaced or revoked.
ENDED_IMAGES_DAYS = 30
# Photographs of what is approved, or ran out, once its owner has not rented for so long.
IDLE_IMAGES_DAYS = 365
# What a machine read from a photograph, field by field; after the decision nobody needs it.
READINGS_DAYS = 30
# Faces that a service keeps for us, once their owner has not rented for so long.
IDLE_FACES_DAYS = 365
# A version that was sent and never decided: its owner went away.
STALE_DAYS = 180
