-- Two databases, each with a role of its own: no service is superuser, and none reads what is another's.
-- PostgreSQL's image runs this once, while its volume is empty; a password changed later is not taken over.
\getenv assay_password DATABASE_PASSWORD
\getenv airflow_password AIRFLOW_DATABASE_PASSWORD

CREATE ROLE assay LOGIN PASSWORD :'assay_password';
CREATE DATABASE assay OWNER assay;
REVOKE ALL ON DATABASE assay FROM PUBLIC;

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;
