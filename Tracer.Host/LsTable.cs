using Spectre.Console;

namespace Tracer.Host;

/// <summary>The table of <c>ls</c> on a terminal. In a file of its own, so that nothing else loads the library that draws it.</summary>
internal static class LsTable
{
    private const int FirstNumber = 6;
    private const int LastNumber = 9;
    private const int Duration = 4;

    /// <summary>True for columns that are aligned to the right.</summary>
    public static bool IsNumber(int column) => column is 0 or Duration or (>= FirstNumber and <= LastNumber);

    /// <summary>Writes the table to the terminal; false when that is too narrow for anything but the command to be whole.</summary>
    public static bool TryWrite(string[] columns, IReadOnlyList<string[]> rows)
    {
        const int Frame = 3, LeastCommand = 16;
        int needed = LeastCommand + (Frame * columns.Length) + 1;
        for (int i = 0; i < columns.Length - 1; i++)
        {
            needed += rows.Select(row => row[i].Length).Append(columns[i].Length).Max();
        }

        if (AnsiConsole.Profile.Width < needed)
        {
            return false;
        }

        var table = new Table { Border = TableBorder.Rounded };
        for (int i = 0; i < columns.Length; i++)
        {
            var column = new TableColumn(columns[i]) { NoWrap = i != columns.Length - 1 };
            table.AddColumn(IsNumber(i) ? column.RightAligned() : column);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(Array.ConvertAll(row, Markup.Escape));
        }

        AnsiConsole.Write(table);
        return true;
    }
}
