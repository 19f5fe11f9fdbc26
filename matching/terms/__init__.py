"""Words of people to codes of national tables: degrees, majors, regions, industries."""
