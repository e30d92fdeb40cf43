PUT 'file:///tmp/floe/0-100-9f86d081-1.parquet' '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/' AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE PARALLEL = 4
;
LIST '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/'
;
PUT 'file:///tmp/floe/0-100-9f86d081-1.parquet' '@~/a/b/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/' AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE PARALLEL = 4
;
LIST '@~/a/b/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/'
;
PUT 'file:///tmp/floe/0-100-9f86d081-1.parquet' '@"DB"."PUBLIC".%"it''s ""t"""/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/' AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE PARALLEL = 4
;
LIST '@"DB"."PUBLIC".%"it''s ""t"""/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/'
;
PUT 'file:///tmp/floe/0-100-9f86d081-1.parquet' '@"DB"."PUBLIC"."my ""stage"""/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/' AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE PARALLEL = 4
;
LIST '@"DB"."PUBLIC"."my ""stage"""/floe/it_s__t_-764566e06d7639f3/p-af63ed4c8602096f/na_ve_______part__-a33317da0c86c544/'
;
