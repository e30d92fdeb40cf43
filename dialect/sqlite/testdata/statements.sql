BEGIN IMMEDIATE;
CREATE TABLE "main"."or""der" ("id" INTEGER NOT NULL, "a""b" TEXT, "select" DECIMAL TEXT(38,10) DEFAULT '0', "naïve" , PRIMARY KEY ("id", "a""b"));
ALTER TABLE "main"."or""der" ADD COLUMN "new" TIMESTAMP(9);
INSERT INTO "main"."or""der" ("id", "a""b") VALUES (1, 'x') ON CONFLICT ("id", "a""b") DO UPDATE SET "naïve" = excluded."naïve", "select" = '0', "new" = NULL;
INSERT INTO "main"."or""der" VALUES (1, 'x', 0, 0, 0) ON CONFLICT ("id", "a""b") DO NOTHING;
COMMIT;
