create database pamga;
create database superset;
