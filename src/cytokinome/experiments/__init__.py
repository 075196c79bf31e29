"""What we ask: protocols, virtual people, interventions, measures, claims, and the answers.

An experiment and a model go in; schedules and parameters go to an engine; curves come back and are held against
claims and data. Nothing here draws, prints, or knows which engine is fast.
"""
