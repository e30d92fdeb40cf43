package syntax

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// reserved are the words that are no identifiers unless they are quoted.
var reserved = set(`
	ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONSTRAINT CREATE CROSS CURRENT DELETE DISTINCT DROP ELSE
	EXISTS FALSE FOLLOWING FOR FROM FULL GRANT GROUP HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS JOIN LATERAL
	LEFT LIKE MINUS NATURAL NOT NULL OF ON OR ORDER QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS SAMPLE SELECT SET SOME START
	TABLE TABLESAMPLE THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES WHEN WHENEVER WHERE WITH`)

// noAlias are the words that end what might have an alias without AS, beside the reserved ones.
var noAlias = set(`
	ASOF AT BEFORE CHANGES END EXCEPT EXCLUDE FETCH LIMIT MATCH_CONDITION MATCH_RECOGNIZE OFFSET PIVOT RENAME REPLACE UNPIVOT
	WINDOW`)

// niladic are the functions that are called without brackets.
var niladic = set(`CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP`)

// callable are the reserved words that are functions' names too.
var callable = set(`LEFT RIGHT INSERT LIKE ILIKE RLIKE REGEXP`)
