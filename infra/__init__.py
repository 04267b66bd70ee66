"""How it runs: embedded services, images, broker and Airflow configuration."""
