import java.sql.*;
import java.util.*;

/** Asks what Metabase, DBeaver and every other tool of Java asks through JDBC's DatabaseMetaData, and reads rows in parts. */
public class Metadata {
    static Connection connection;

    /** The values of one column; null is a text of its own. */
    static List<String> all(ResultSet rows, String column) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) found.add(String.valueOf(rows.getString(column)));
        rows.close();
        return found;
    }

    static void check(boolean holds, String what, Object said) {
        if (!holds) throw new IllegalStateException("ERROR: " + what + ": " + said);
    }

    static void has(ResultSet rows, String column, String... wanted) throws SQLException {
        List<String> found = all(rows, column);
        for (String one : wanted) check(found.contains(one), column + " " + one, found);
    }

    static void empty(ResultSet rows, String what) throws SQLException {
        check(!rows.next(), "no " + what, what);
        rows.close();
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> to = System.getenv();
        String url = "jdbc:postgresql://" + to.get("PGHOST") + ":" + to.get("PGPORT") + "/lightsail";
        for (String mode : new String[] {"extended", "simple"}) {
            connection = DriverManager.getConnection(url + "?preferQueryMode=" + mode, to.get("PGUSER"), to.get("PGPASSWORD"));
            DatabaseMetaData data = connection.getMetaData();
            check(data.getDatabaseProductVersion().startsWith("16"), "version", data.getDatabaseProductVersion());
            has(data.getCatalogs(), "TABLE_CAT", "lightsail");
            has(data.getSchemas(), "TABLE_SCHEM", "public", "system");
            has(data.getTableTypes(), "TABLE_TYPE", "TABLE", "VIEW");
            has(data.getTables(null, "public", "%", new String[] {"TABLE"}), "TABLE_NAME", "instances");
            has(data.getTables(null, null, null, new String[] {"VIEW", "TABLE"}), "TABLE_NAME", "instances", "open_ports", "api_calls");
            has(data.getTables("lightsail", "public", "inst%", null), "REMARKS", remarks(data));
            has(data.getColumns(null, "public", "instances", "%"), "COLUMN_NAME", "name", "created_at", "tags");
            has(data.getColumns(null, "public", "instances", "created_at"), "TYPE_NAME", "timestamptz");
            has(data.getColumns(null, "public", "instances", "ipv6_addresses"), "TYPE_NAME", "_text");
            empty(data.getPrimaryKeys(null, "public", "instances"), "primary keys");
            empty(data.getImportedKeys(null, "public", "instances"), "imported keys");
            empty(data.getExportedKeys(null, "public", "instances"), "exported keys");
            empty(data.getIndexInfo(null, "public", "instances", false, true), "indexes");
            empty(data.getBestRowIdentifier(null, "public", "instances", DatabaseMetaData.bestRowSession, true), "identifiers");
            has(data.getTypeInfo(), "TYPE_NAME", "text", "int4", "timestamptz", "json");
            empty(data.getUDTs(null, "public", "%", null), "types of users");
            all(data.getTablePrivileges(null, "public", "instances"), "PRIVILEGE");
            all(data.getFunctions(null, "public", "%"), "FUNCTION_NAME");
            all(data.getProcedures(null, "public", "%"), "PROCEDURE_NAME");
            all(data.getClientInfoProperties(), "NAME");
            check(data.getSQLKeywords() != null && data.getMaxColumnNameLength() == 63, "keywords", data.getMaxColumnNameLength());

            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            PreparedStatement asked = connection.prepareStatement("SELECT name, created_at, cpu_count, tags FROM instances WHERE cpu_count >= ? AND created_at > ?");
            asked.setInt(1, 1);
            asked.setTimestamp(2, Timestamp.valueOf("2000-01-01 00:00:00"));
            asked.setFetchSize(50);
            ResultSet rows = asked.executeQuery();
            check(rows.getMetaData().getColumnTypeName(4).equals("json"), "types of columns", rows.getMetaData().getColumnTypeName(4));
            int count = 0;
            while (rows.next()) {
                check(rows.getTimestamp("created_at") != null && rows.getInt("cpu_count") > 0, "a row", rows.getString("name"));
                count += 1;
            }
            connection.commit();
            connection.close();
            System.out.println("rows in parts: " + count);
        }
    }

    /** What the server says of the table of instances. */
    static String remarks(DatabaseMetaData data) throws SQLException {
        ResultSet rows = data.getTables(null, "public", "instances", null);
        check(rows.next() && rows.getString("REMARKS") != null, "remarks", "none");
        return rows.getString("REMARKS");
    }
}
