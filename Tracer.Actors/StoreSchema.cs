namespace Tracer.Actors;

/// <summary>
/// The tables of a store. Those of the journal are, to the letter, what Akka.Persistence.Sql would make; a test compares them.
/// </summary>
internal static class StoreSchema
{
    /// <summary>application_id: "Trac".</summary>
    public const int ApplicationId = 0x54726163;

    /// <summary>user_version: the store's format. A higher one is refused.</summary>
    public const int Format = 1;

    /// <summary>What the plugin makes with auto-initialize and tags as CSV.</summary>
    public const string Journal = """
        CREATE TABLE [journal]
        (
        	[ordering]        INTEGER        NOT NULL PRIMARY KEY AUTOINCREMENT,
        	[created]         INTEGER        NOT NULL,
        	[deleted]         Bit            NOT NULL,
        	[persistence_id]  NVarChar(255)  NOT NULL,
        	[sequence_number] INTEGER        NOT NULL,
        	[message]         VarBinary      NOT NULL,
        	[tags]            NVarChar(100)      NULL,
        	[manifest]        NVarChar(500)      NULL,
        	[identifier]      INTEGER            NULL,
        	[writer_uuid]     NVarChar(128)      NULL
        );
        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
        CREATE INDEX journal_created_idx ON journal (created);
        CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
        """;

    /// <summary>
    /// Numbers of traces: AUTOINCREMENT gives none twice, also when its trace was deleted. <c>deleting</c> is set while rows go.
    /// </summary>
    public const string Traces = """
        CREATE TABLE trace
        (
            number         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            persistence_id TEXT    NOT NULL UNIQUE,
            deleting       INTEGER NOT NULL DEFAULT 0
        );
        """;
}
