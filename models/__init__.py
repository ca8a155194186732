"""What each model is: split, fit, predict, measure, gate. The only room that knows MLflow, XGBoost
and scikit-learn.
"""
