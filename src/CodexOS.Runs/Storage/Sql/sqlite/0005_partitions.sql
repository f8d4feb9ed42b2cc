-- SQLite has no partitions. What retention takes away is given back to the disk page by page.
SELECT 1;
