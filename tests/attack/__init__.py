"""`make attack`: whoever has SQL in the API's session tries what they can; the owner's connection tells what came of it."""
